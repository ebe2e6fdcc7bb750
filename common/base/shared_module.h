// Shared libraries of ours that are opened when something needs them, so that a program which does
// not never waits for what they link.
#pragma once

#include <string>
#include <string_view>

#include "common/base/files.h"

namespace unmask {

// The path of a file that the build puts beside the programs.
fs::path BesideProgram(std::string_view file);

// What the exported function `symbol` of `file`, which lies beside this program, returns: a table
// that begins with the name of the build it was made by. Ours must be the same, since the rest of
// the table is C++ between the two. Opened once, kept for the life of the process. Its errors are
// of this host (ErrorCode::kInternal).
Result<const void*> OpenModule(std::string_view file, const char* symbol);

// The same as a `Table`.
template <typename Table>
Result<const Table*> OpenModuleTable(std::string_view file, const char* symbol) {
  UNMASK_ASSIGN(const void* table, OpenModule(file, symbol));
  return static_cast<const Table*>(table);
}

}  // namespace unmask
