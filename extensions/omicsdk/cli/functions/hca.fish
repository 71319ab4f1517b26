function hca
    switch " $argv[1] $argv[2] $argv[3] "
        case ' dss *' ' --log-level* dss *' ' auth *' ' --log-level* auth *'
            command omics --yes --output json $argv
        case '*'
            command omics $argv
    end
end
