omics dss post-search --replica aws --es-query {} --no-paginate
