#include "worker/trainer/torch_library.h"

#include <stdexcept>

#include "common/base/shared_module.h"
#include "worker/model/torch_module.h"

namespace unmask {

const void* OpenTorchLibrary(const char* symbol) {
  const auto table = OpenModule(kTorchModuleFile, symbol);
  if (!table.ok()) throw std::runtime_error(OneLine(table.error()));
  return *table;
}

}  // namespace unmask
