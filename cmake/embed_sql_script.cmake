# Run by unmask_embed_sql: writes OUTPUT from FOLDER/migrations/*.sql and FOLDER/views/*.sql, each in
# the order of their names.
function(append_scripts CODE FUNCTION KIND)
  file(GLOB scripts "${FOLDER}/${KIND}/*.sql")
  list(SORT scripts)
  string(APPEND code "const std::vector<SqlScript>& ${FUNCTION}() {\n"
                     "  static const std::vector<SqlScript> scripts = {\n")
  foreach(script ${scripts})
    get_filename_component(name "${script}" NAME_WE)
    file(READ "${script}" text)
    string(APPEND code "      {\"${name}\", R\"sql(${text})sql\"},\n")
  endforeach()
  string(APPEND code "  };\n  return scripts;\n}\n\n")
  set(${CODE} "${${CODE}}${code}" PARENT_SCOPE)
endfunction()

set(body "")
append_scripts(body SqlMigrations migrations)
append_scripts(body SqlViews views)
file(WRITE "${OUTPUT}" "// Written by cmake/embed_sql_script.cmake.\n#include \"sql/embedded_sql.h\"\n\n"
                       "namespace unmask {\n\n${body}}  // namespace unmask\n")
