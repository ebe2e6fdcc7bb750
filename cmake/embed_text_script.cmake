# Run by unmask_embed_text: writes OUTPUT, in which NAME holds the text of FILES.
set(body "")
foreach(path ${FILES})
  file(READ "${path}" text)
  get_filename_component(name "${path}" NAME)
  string(APPEND body "#line 1 \"${name}\"\n${text}\n")  # as messages of compilers name it
endforeach()
file(WRITE "${OUTPUT}" "// Written by cmake/embed_text_script.cmake.\n\nnamespace unmask {\n\n"
                       "extern const char* const ${NAME};\nconst char* const ${NAME} = R\"text(${body})text\";\n\n"
                       "}  // namespace unmask\n")
