# A hash of the product's sources at configure time, for common/base/build_info.cc alone.
file(GLOB_RECURSE unmask_sources RELATIVE "${CMAKE_SOURCE_DIR}"
  common/*.h common/*.cc coordinator/*.h coordinator/*.cc worker/*.h worker/*.cc
  cli/*.h cli/*.cc sql/*.h sql/*.cc sql/*.sql
  # Embedded as text: the lanes' kernels, the dashboard's page.
  worker/*.cu coordinator/dashboard/page/*)
set(unmask_hashes)
foreach(source ${unmask_sources})
  file(SHA256 "${CMAKE_SOURCE_DIR}/${source}" hash)
  string(APPEND unmask_hashes "${source} ${hash}\n")
endforeach()
string(SHA256 unmask_hash "${unmask_hashes}")
string(SUBSTRING "${unmask_hash}" 0 12 unmask_hash)
set_source_files_properties(common/base/build_info.cc PROPERTIES
  COMPILE_DEFINITIONS UNMASK_SOURCES_HASH="${unmask_hash}")
