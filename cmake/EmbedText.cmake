# unmask_embed_text(TARGET NAME FILE...): the files, one after the other, as the string NAME in TARGET.
function(unmask_embed_text TARGET NAME)
  list(TRANSFORM ARGN PREPEND "${CMAKE_SOURCE_DIR}/" OUTPUT_VARIABLE files)
  set(output "${CMAKE_BINARY_DIR}/generated/${TARGET}_${NAME}.cc")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" "-DNAME=${NAME}" "-DFILES=${files}"
            -P "${CMAKE_SOURCE_DIR}/cmake/embed_text_script.cmake"
    DEPENDS ${files} "${CMAKE_SOURCE_DIR}/cmake/embed_text_script.cmake"
    VERBATIM)
  target_sources(${TARGET} PRIVATE "${output}")
endfunction()
