"""Files of a commons: downloads and uploads, verified, and gone on with after an interrupt."""
