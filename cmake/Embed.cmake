# What the program needs no files beside it for.

function(unmask_embed_by SCRIPT TARGET OUTPUT)  # ... what the script is told, then DEPENDS files
  cmake_parse_arguments(PARSE_ARGV 3 embed "" "" "TELL;DEPENDS")
  set(output "${CMAKE_BINARY_DIR}/generated/${OUTPUT}")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DOUTPUT=${output}" ${embed_TELL} "-DFILES=${embed_DEPENDS}"
            -P "${CMAKE_SOURCE_DIR}/cmake/${SCRIPT}"
    DEPENDS ${embed_DEPENDS} "${CMAKE_SOURCE_DIR}/cmake/${SCRIPT}"
    VERBATIM)
  target_sources(${TARGET} PRIVATE "${output}")
endfunction()

# unmask_embed_files(TARGET HEADER FUNCTION PATTERN): the files of PATTERN, in the order of their
# names, as what FUNCTION returns; HEADER declares it.
function(unmask_embed_files TARGET HEADER FUNCTION PATTERN)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${PATTERN}")
  unmask_embed_by(embed_files_script.cmake ${TARGET} ${TARGET}_${FUNCTION}.cc
                  TELL "-DHEADER=${HEADER}" "-DFUNCTION=${FUNCTION}" DEPENDS ${files})
endfunction()

# unmask_embed_text(TARGET NAME FILE...): the files, one after the other, as the string NAME.
function(unmask_embed_text TARGET NAME)
  list(TRANSFORM ARGN PREPEND "${CMAKE_SOURCE_DIR}/" OUTPUT_VARIABLE files)
  unmask_embed_by(embed_text_script.cmake ${TARGET} ${TARGET}_${NAME}.cc
                  TELL "-DNAME=${NAME}" DEPENDS ${files})
endfunction()
