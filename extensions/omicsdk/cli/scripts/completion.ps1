# Completion of omics for PowerShell, made by: omics completion powershell
Register-ArgumentCompleter -Native -CommandName omics -ScriptBlock {
  param($current, $line, $position)
  $words = @($line.CommandElements | Where-Object { $_.Extent.EndOffset -lt $position } | Select-Object -Skip 1 |
    ForEach-Object { if ($_.Value -is [string]) { $_.Value } else { "$_" } })
  omics __complete powershell "=$current" @words 2>$null | Select-Object -Skip 1 | ForEach-Object {
    $word, $shown, $about = $_ -split "`t", 3
    if (-not $about) { $about = $shown }
    [System.Management.Automation.CompletionResult]::new($word, $shown, 'ParameterValue', $about)
  }
}
