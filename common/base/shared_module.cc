#include "common/base/shared_module.h"

#include <dlfcn.h>

#include "common/base/build_info.h"

namespace unmask {
namespace {

// No fault of whatever needed it: another host may have the library, or the memory for it.
Error CannotLoad(const fs::path& file, const std::string& why) {
  return InternalError("cannot load: " + why, file.string(), "the library of this build");
}

}  // namespace

fs::path BesideProgram(std::string_view file) {
  std::error_code error;
  return fs::read_symlink("/proc/self/exe", error).parent_path() / fs::path(file);
}

Result<const void*> OpenModule(std::string_view file, const char* symbol) {
  const fs::path path = BesideProgram(file);
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return CannotLoad(path, dlerror());
  void* function = dlsym(library, symbol);
  if (function == nullptr) return CannotLoad(path, dlerror());
  const void* table = reinterpret_cast<const void* (*)()>(function)();
  const char* build_id = *static_cast<const char* const*>(table);
  if (build_id != BuildId()) return CannotLoad(path, "it is of another build");
  return table;
}

}  // namespace unmask
