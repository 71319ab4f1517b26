"""The documented functions are where gen3sdk has them, and take the same arguments in the same order."""

import inspect
from importlib import import_module

import pytest

FUNCTIONS = {
    "bundle.ingest_manifest.ingest_bundle_manifest": (
        "commons_url manifest_file out_manifest_file manifest_file_delimiter auth token"
    ),
    "bundle.ingest_manifest.validate_hashes": "hashes",
    "diff.manifest_diff": (
        "directory files key_column allow_additional_columns output_manifest_file_delimiter output_manifest kwargs"
    ),
    "indexing.async_download_object_manifest": (
        "commons_url output_filename num_processes max_concurrent_requests input_manifest python_subprocess_command"
    ),
    "indexing.index_object_manifest": (
        "commons_url manifest_file thread_num auth replace_urls manifest_file_delimiter output_filename "
        "submit_additional_metadata_columns force_metadata_columns_even_if_empty"
    ),
    "indexing.index_manifest.delete_all_guids": "auth file",
    "indexing.index_manifest.ThreadControl": "processed_files num_total_files",
    "indexing.merge_manifests.merge_bucket_manifests": (
        "directory files output_manifest_file_delimiter output_manifest continue_after_error allow_mult_guids_per_hash "
        "columns_with_arrays expected_duplicate_md5s kwargs"
    ),
    "indexing.is_valid_manifest_format": (
        "manifest_path column_names_to_enums allowed_protocols allow_base64_encoded_md5 error_on_empty_url line_limit"
    ),
    "indexing.async_verify_object_manifest": (
        "commons_url manifest_file max_concurrent_requests manifest_row_parsers manifest_file_delimiter output_filename"
    ),
    "merge.merge_guids_into_metadata": (
        "indexing_manifest metadata_manifest indexing_manifest_file_delimiter metadata_manifest_file_delimiter "
        "manifest_row_parsers manifests_mapping_config output_filename include_all_indexing_cols_in_output"
    ),
    "metadata.async_ingest_metadata_manifest": (
        "commons_url manifest_file metadata_source auth max_concurrent_requests manifest_row_parsers "
        "manifest_file_delimiter output_filename get_guid_from_file metadata_type"
    ),
    "metadata.async_query_urls_from_indexd": "pattern commons_url lock",
    "metadata.async_verify_metadata_manifest": (
        "commons_url manifest_file metadata_source max_concurrent_requests manifest_row_parsers manifest_file_delimiter "
        "output_filename"
    ),
    "metadata.crosswalk.read_crosswalk_metadata": "auth output_filename limit",
    "metadata.crosswalk.publish_crosswalk_metadata": "auth file info_file guid_type mapping_methodologies",
    "metadata.crosswalk.try_delete_crosswalk_guid": "auth guid",
    "metadata.discovery.output_expanded_discovery_metadata": (
        "auth endpoint limit use_agg_mds guid_type output_format output_filename_suffix"
    ),
    "metadata.discovery.combine_discovery_metadata": (
        "current_discovery_metadata metadata_file_to_combine discovery_column_to_map_on metadata_column_to_map "
        "output_filename metadata_prefix exact_match"
    ),
    "metadata.discovery.publish_discovery_metadata": (
        "auth metadata_filename endpoint omit_empty_values guid_type guid_field is_unregistered_metadata "
        "reset_unregistered_metadata update_registered_metadata"
    ),
    "metadata.discovery.get_discovery_metadata": "provided_metadata guid_type",
    "metadata.discovery.try_delete_discovery_guid": "auth guid",
    "metadata.discovery_objects.output_discovery_objects": (
        "auth dataset_guids endpoint limit use_agg_mds guid_type only_object_guids template output_format "
        "output_filename_suffix"
    ),
    "metadata.discovery_objects.publish_discovery_object_metadata": (
        "auth metadata_filename endpoint guid_type overwrite"
    ),
    "metadata.discovery_objects.try_delete_discovery_objects_from_dict": "auth delete_objs",
    "metadata.discovery_objects.try_delete_discovery_objects": "auth guids",
    "metadata.discovery_objects.is_valid_object_manifest": "filename suppress_logs",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_names_and_arguments(name: str):
    module, _, function = name.rpartition(".")
    documented_function = getattr(import_module(f"omicsdk.compat.gen3.tools.{module}"), function)
    assert list(inspect.signature(documented_function).parameters) == FUNCTIONS[name].split()
    assert inspect.iscoroutinefunction(documented_function) == function.startswith(
        ("async_", "output_", "publish_", "read_")
    )


def test_what_omicsdk_calls_them():
    import omicsdk.gen3.manifests as manifests

    assert dir(manifests) == sorted(manifests.__all__)
    assert all(getattr(manifests, name) for name in manifests.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        manifests.nothing  # noqa: B018
