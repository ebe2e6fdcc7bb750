// Operators over oneDNN that libtorch registers for torch.compile: they take packed weights, and
// have no function in ATen's headers. Throws where libtorch does not have them.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace unmask {

template <typename Signature>
auto OnednnOperator(const char* name) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, "").typed<Signature>();
}

}  // namespace unmask
