"""What the sandbox puts around moto's S3: temporary credentials, a guard, a request log, faults, a look at objects in place."""
