"""SDS data sets in folders, dictionaries, a sandbox's commons, and a user without separate settings."""

from sds_data_sets import data_set as data_set
from sds_data_sets import dictionary as dictionary
from sds_data_sets import sds_document as sds_document
from unsettled import nothing_around as nothing_around
