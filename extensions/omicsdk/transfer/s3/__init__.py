"""S3 and stores that speak its language: requests signed here and sent by libcurl; boto3's clients where programs bring one."""
