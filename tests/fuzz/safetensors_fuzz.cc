// libFuzzer: any bytes as a safetensors file. What is accepted has views inside the file that cover
// it once, converts to floats or is refused, and writes back to an equal file. Built apart from the
// rest, since it needs clang:
//   clang++-19 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -I.
//     tests/fuzz/safetensors_fuzz.cc common/tensors/{safetensors,weight_files,mapped_file}.cc
//     common/base/{text,files,parse_json,result,sha256}.cc -lfmt -lcrypto -o safetensors_fuzz &&
//   ./safetensors_fuzz -runs=10000000 -max_len=256 -dict=tests/fuzz/safetensors.dict
#include <cstddef>
#include <cstdint>

#include "common/tensors/safetensors.h"
#include "common/tensors/weight_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unmask;  // NOLINT: the fuzzer's entry is global
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto file = ParseSafetensors(bytes, "fuzz");
  if (!file.ok()) {
    (void)FormatError(file.error());
    return 0;
  }
  std::size_t covered = 0;
  for (const auto& [name, tensor] : file->tensors) {
    std::uint64_t elements = 1;
    for (const std::int64_t extent : tensor.shape) elements *= static_cast<std::uint64_t>(extent);
    UNMASK_CHECK(tensor.bytes.size() == elements * BytesOf(tensor.dtype));
    UNMASK_CHECK(tensor.bytes.empty() ||
                 (tensor.bytes.data() >= bytes.data() &&
                  tensor.bytes.data() + tensor.bytes.size() <= bytes.data() + bytes.size()));
    covered += tensor.bytes.size();
    const auto floats = FloatsOf(StoredTensor{tensor, "fuzz"}, name);
    UNMASK_CHECK(!floats.ok() || floats->size() == elements);
  }
  std::uint64_t header = 0;
  for (int i = 7; i >= 0; --i) header = header << 8 | data[i];
  UNMASK_CHECK(covered + 8 + header == size);
  const std::string written = WriteSafetensors(*file);
  const auto again = ParseSafetensors(written, "fuzz");
  UNMASK_CHECK(again.ok() && WriteSafetensors(*again) == written);
  return 0;
}
