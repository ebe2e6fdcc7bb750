// The safetensors format (Hugging Face): u64 little-endian header length, a JSON header
// {"name":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},...,"__metadata__":{"k":"v"}}, then
// the tensors' bytes, little-endian and row-major, without gaps. Read without trusting a length.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace unmask {

enum class DType { kBool, kU8, kI8, kI16, kU16, kF16, kBf16, kI32, kU32, kF32, kF64, kI64, kU64 };

std::size_t BytesOf(DType dtype);

// A tensor in a buffer that somebody else owns.
struct TensorView {
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;  // empty: a scalar
  std::string_view bytes;           // may be unaligned: copy, do not cast
};

struct Safetensors {
  std::map<std::string, TensorView> tensors;
  std::map<std::string, std::string> metadata;
};

// The views point into `bytes`, which must outlive them. `where` names the file in errors. Refuses
// what is truncated, overlapping, has gaps, repeats a name, is deeper than the format, has a header
// above 100 MB (the format's own limit) or more than 8 dimensions.
Result<Safetensors> ParseSafetensors(std::string_view bytes, const std::string& where);

// Equal contents give equal bytes: tensors lie in the order of their names.
std::string WriteSafetensors(const Safetensors& file);

}  // namespace unmask
