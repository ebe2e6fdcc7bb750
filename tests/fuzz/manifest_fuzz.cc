// libFuzzer: any bytes as a manifest. What is accepted must write back to the same clips, and its
// selection must survive the dataset blob. Built apart from the rest, since it needs clang:
//   clang++-19 -std=c++20 -O1 -g -fsanitize=fuzzer,address,undefined -I.
//   tests/fuzz/manifest_fuzz.cc
//     common/data/{csv,manifest,select_clips,dataset,facs}.cc
//     common/base/{text,files,result,sha256}.cc -lfmt -lcrypto -o manifest_fuzz && ./manifest_fuzz
//     -runs=1000000 -max_len=512
#include <cstddef>
#include <cstdint>

#include "common/data/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace unmask;  // NOLINT: the fuzzer's entry is global
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto manifest = ParseManifest(bytes, "fuzz.csv", "/nonexistent");
  if (!manifest.ok()) {
    (void)FormatError(manifest.error());
    return 0;
  }
  const std::string csv = ManifestCsv(manifest->clips);
  auto again = ParseManifest(csv, "fuzz.csv", "/nonexistent");
  UNMASK_CHECK(again.ok() && ManifestCsv(again->clips) == csv);
  auto dataset = SelectClips(
      *manifest,
      {.masked_only = false, .true_label = false, .disguised_label = false, .min_subjects = 1});
  UNMASK_CHECK(dataset.ok());
  const std::string blob = DatasetBlob(*dataset);
  auto read = ParseDatasetBlob(blob);
  UNMASK_CHECK(read.ok() && DatasetBlob(*read) == blob);
  return 0;
}
