"""Where the files of data sets are: iRODS, and DICOM archives by C-GET, C-MOVE or DICOMweb, behind one interface."""
