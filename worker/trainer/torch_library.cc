#include "worker/trainer/torch_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>

#include "common/base/build_info.h"
#include "worker/model/torch_module.h"

namespace unmask {
namespace {

namespace fs = std::filesystem;

fs::path TorchLibrary() {
  return fs::read_symlink("/proc/self/exe").parent_path() / kTorchModuleFile;
}

[[noreturn]] void CannotLoad(const std::string& why) {
  throw std::runtime_error(fmt::format("cannot load {}: {}", TorchLibrary().string(), why));
}

}  // namespace

const void* CallTorchLibrary(const char* symbol) {
  void* library = dlopen(TorchLibrary().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) CannotLoad(dlerror());
  void* function = dlsym(library, symbol);
  if (function == nullptr) CannotLoad(dlerror());
  return reinterpret_cast<const void* (*)()>(function)();
}

void CheckTorchBuild(const char* build_id) {
  if (build_id != BuildId()) CannotLoad("it is of another build");
}

}  // namespace unmask
