// `unmask-torch.so` beside this program, opened when something needs libtorch.
#pragma once

namespace unmask {

// The table that its exported function `symbol` returns, of our own build. Throws
// std::runtime_error where the library cannot be loaded.
const void* OpenTorchLibrary(const char* symbol);

// One of its tables (TorchModule, BackboneModule).
template <typename Module>
const Module* LoadTorchModule(const char* symbol) {
  return static_cast<const Module*>(OpenTorchLibrary(symbol));
}

}  // namespace unmask
