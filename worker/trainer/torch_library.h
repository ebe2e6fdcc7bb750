// `unmask-torch.so` beside this program, opened when something needs libtorch.
#pragma once

#include <string>

namespace unmask {

// What its exported function `symbol` returns. Throws std::runtime_error where the library cannot
// be loaded.
const void* CallTorchLibrary(const char* symbol);

// Throws where the library is not of the build that `build_id` names and ours has.
void CheckTorchBuild(const char* build_id);

// One of its tables (TorchModule, BackboneModule), which begins with the build's name.
template <typename Module>
const Module* LoadTorchModule(const char* symbol) {
  const auto* module = static_cast<const Module*>(CallTorchLibrary(symbol));
  CheckTorchBuild(module->build_id);
  return module;
}

}  // namespace unmask
