# unmask_embed_sql(FOLDER): the folder's migrations/*.sql and views/*.sql as strings in the program
# (FOLDER/embedded_sql.h declares them), so that it needs no files beside it.
function(unmask_embed_sql FOLDER)
  file(GLOB scripts CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${FOLDER}/migrations/*.sql"
                                      "${CMAKE_SOURCE_DIR}/${FOLDER}/views/*.sql")
  set(output "${CMAKE_BINARY_DIR}/generated/${FOLDER}/embedded_sql.cc")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" "-DFOLDER=${CMAKE_SOURCE_DIR}/${FOLDER}"
            -P "${CMAKE_SOURCE_DIR}/cmake/embed_sql_script.cmake"
    DEPENDS ${scripts} "${CMAKE_SOURCE_DIR}/cmake/embed_sql_script.cmake"
    VERBATIM)
  target_sources(${FOLDER} PRIVATE "${output}")
endfunction()
