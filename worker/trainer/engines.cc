#include "worker/trainer/engines.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <torch/headeronly/version.h>

#include <filesystem>
#include <stdexcept>

#include "common/base/build_info.h"
#include "worker/core_engine/core_engine.h"
#include "worker/model/torch_module.h"

namespace unmask {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void CannotLoad(const fs::path& file, const std::string& why) {
  throw std::runtime_error(fmt::format("cannot load {}: {}", file.string(), why));
}

const TorchModule& OpenTorchModule() {
  const fs::path file = fs::read_symlink("/proc/self/exe").parent_path() / kTorchModuleFile;
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) CannotLoad(file, dlerror());
  void* symbol = dlsym(library, kTorchModuleSymbol);
  if (symbol == nullptr) CannotLoad(file, dlerror());
  const TorchModule* module = reinterpret_cast<TorchModuleFunction*>(symbol)();
  if (module->build_id != BuildId()) CannotLoad(file, "it is of another build");
  return *module;
}

// Loaded once, and kept for the process's life.
const TorchModule& Torch() {
  static const TorchModule& module = OpenTorchModule();
  return module;
}

}  // namespace

std::unique_ptr<Engine> MakeEngine(const Settings& settings, const ModelShape& shape,
                                   const FoldData& fold) {
  if (settings.train.engine == EngineKind::kCore) return MakeCoreEngine(settings, shape, fold);
  return Torch().make_reference_engine(settings, shape, fold);
}

std::string EngineVersions() {
  return fmt::format("torch-{}|{}|{}", TORCH_VERSION, kReferenceEngine, CoreEngineName());
}

}  // namespace unmask
