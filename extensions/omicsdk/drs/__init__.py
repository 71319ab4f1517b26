"""GA4GH DRS: identifiers of files that many servers share, and the way from one to verified bytes."""
