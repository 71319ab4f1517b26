"""Misspelt names, which a type checker must reject; marks as in auth.py."""

import omicsdk
import omicsdk.core
import omicsdk.crunch
import omicsdk.drs
import omicsdk.dtp
import omicsdk.fs
import omicsdk.ga4gh
import omicsdk.gen3
import omicsdk.hca.azul
import omicsdk.hca.dss
import omicsdk.hca.upload
import omicsdk.pangea
import omicsdk.portals
import omicsdk.sb
import omicsdk.testing
import omicsdk.transfer
import omicsdk_api.dss


def names() -> None:
    omicsdk.Dsss  # error: "Dsss" is not a known attribute of module "omicsdk"
    omicsdk.downlod  # error: "downlod" is not a known attribute of module "omicsdk"
    omicsdk.core.NotFoud  # error: "NotFoud" is not a known attribute of module "omicsdk.core"
    omicsdk.sb.WrongPaht  # error: "WrongPaht" is not a known attribute of module "omicsdk.sb"
    omicsdk.crunch.Missing  # error: "Missing" is not a known attribute of module "omicsdk.crunch"
    omicsdk.drs.Missing  # error: "Missing" is not a known attribute of module "omicsdk.drs"
    omicsdk.dtp.Missing  # error: "Missing" is not a known attribute of module "omicsdk.dtp"
    omicsdk.fs.Missing  # error: "Missing" is not a known attribute of module "omicsdk.fs"
    omicsdk.ga4gh.Missing  # error: "Missing" is not a known attribute of module "omicsdk.ga4gh"
    omicsdk.gen3.Missing  # error: "Missing" is not a known attribute of module "omicsdk.gen3"
    omicsdk.hca.azul.Missing  # error: "Missing" is not a known attribute of module "omicsdk.hca.azul"
    omicsdk.hca.dss.Missing  # error: "Missing" is not a known attribute of module "omicsdk.hca.dss"
    omicsdk.hca.upload.Missing  # error: "Missing" is not a known attribute of module "omicsdk.hca.upload"
    omicsdk.pangea.Missing  # error: "Missing" is not a known attribute of module "omicsdk.pangea"
    omicsdk.portals.Missing  # error: "Missing" is not a known attribute of module "omicsdk.portals"
    omicsdk.testing.Platfrom  # error: "Platfrom" is not a known attribute of module "omicsdk.testing"
    omicsdk.transfer.Itm  # error: "Itm" is not a known attribute of module "omicsdk.transfer"
    omicsdk_api.dss.DssAp  # error: "DssAp" is not a known attribute of module "omicsdk_api.dss"


def options(client: omicsdk.SevenBridges) -> None:
    client.download("sb://me/p/", limt_rate="10M")  # error: No parameter named "limt_rate"
    client.download("sb://me/p/", check="no")  # error: cannot be assigned to parameter "check"
    report: omicsdk.TransferReport = client.download("sb://me/p/", "data", limit_rate="10M", check=False)
    report.fies  # error: Cannot access attribute "fies" for class "FilesReport"
