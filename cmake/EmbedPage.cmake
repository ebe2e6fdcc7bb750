# unmask_embed_page(FOLDER): the files of FOLDER/page as strings in the program (FOLDER/page_files.h
# declares them), so that it needs no files beside it.
function(unmask_embed_page FOLDER)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${FOLDER}/page/*")
  set(output "${CMAKE_BINARY_DIR}/generated/${FOLDER}/page_files.cc")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" "-DFOLDER=${FOLDER}" "-DSOURCES=${CMAKE_SOURCE_DIR}"
            -P "${CMAKE_SOURCE_DIR}/cmake/embed_page_script.cmake"
    DEPENDS ${files} "${CMAKE_SOURCE_DIR}/cmake/embed_page_script.cmake"
    VERBATIM)
  string(REPLACE "/" "_" target "${FOLDER}")
  target_sources(${target} PRIVATE "${output}")
endfunction()
