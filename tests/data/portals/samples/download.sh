#!/bin/sh
mkdir -p data
wget -nc https://files.example.org/d/a.fastq.gz
curl --create-dirs https://files.example.org/d/b.json?versionId=1 -o sub-01/b.json
wget -q -P more "https://files.example.org/d/c.txt"
aws s3 cp --no-sign-request s3://bucket/d/d.bam data/
cp s3://bucket/series/* .
