#include "common/base/shared_module.h"

#include <dlfcn.h>

#include "common/base/build_info.h"
#include "common/base/files.h"

namespace unmask {
namespace {

Error CannotLoad(const fs::path& file, const std::string& why) {
  return DataError("cannot load: " + why, file.string(), "the library of this build");
}

}  // namespace

Result<const void*> OpenModule(std::string_view file, const char* symbol) {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path path = program.parent_path() / fs::path(file);
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
