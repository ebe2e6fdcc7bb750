# Run by unmask_embed_page: writes OUTPUT from SOURCES/FOLDER/page/*, in the order of their names.
file(GLOB files "${SOURCES}/${FOLDER}/page/*")
list(SORT files)
set(body "")
foreach(path ${files})
  get_filename_component(name "${path}" NAME)
  file(READ "${path}" text)
  string(APPEND body "      {\"${name}\", R\"page(${text})page\"},\n")
endforeach()
file(WRITE "${OUTPUT}" "// Written by cmake/embed_page_script.cmake.\n#include \"${FOLDER}/page_files.h\"\n\n"
                       "namespace unmask {\n\nconst std::vector<PageFile>& PageFiles() {\n"
                       "  static const std::vector<PageFile> files = {\n${body}  };\n  return files;\n}\n\n"
                       "}  // namespace unmask\n")
