ID=$(omics --query uuid dss put-subscription --callback-url https://notify.example.org/shell --replica aws)
echo $ID
omics dss get-subscriptions --replica aws
omics dss get-subscription --replica aws --uuid $ID
omics dss delete-subscription --replica aws --uuid $ID
