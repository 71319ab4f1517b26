"""The S3 server: moto's, started when it is first needed, with credentials, a guard, a request log and faults around it."""
