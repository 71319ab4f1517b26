function hca {
    if (" $($args[0]) $($args[1]) $($args[2]) " -match '^ (--log-level\S* (\S+ )?)?(dss|auth) ') {
        omics --yes --output json @args
    } else {
        omics @args
    }
}
