# Run by unmask_embed_files: writes OUTPUT, in which FUNCTION returns FILES.
set(body "")
foreach(path ${FILES})
  get_filename_component(name "${path}" NAME)
  file(READ "${path}" text)
  string(APPEND body "      {\"${name}\", R\"embedded(${text})embedded\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Written by cmake/embed_files_script.cmake.\n#include \"${HEADER}\"\n\n"
                       "namespace unmask {\n\nconst std::vector<EmbeddedFile>& ${FUNCTION}() {\n"
                       "  static const std::vector<EmbeddedFile> files = {\n${body}  };\n  return files;\n}\n\n"
                       "}  // namespace unmask\n")
