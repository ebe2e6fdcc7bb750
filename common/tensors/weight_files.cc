#include "common/tensors/weight_files.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <set>

#include "common/base/parse_json.h"
#include "common/base/text.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kIndexBytesMax = 16 << 20;
constexpr std::size_t kShardsMax = 1000;
constexpr const char* kSingle = "model.safetensors";
constexpr const char* kIndex = "model.safetensors.index.json";
// What a clone without git-lfs has in the place of a large file.
constexpr std::string_view kLfsPointer = "version https://git-lfs.github.com/spec/";

Error NoWeights(const fs::path& folder) {
  for (const char* name :
       {"pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt", "model.pth"}) {
    std::error_code not_there;
    if (!fs::exists(folder / name, not_there)) continue;
    return DataError(
        "the weights are pickled, which is never loaded", (folder / name).string(),
        "safetensors; convert once: python3 -c \"import sys, transformers as t; "
        "t.AutoModel.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[1])\" MODEL_FOLDER");
  }
  return DataError("no weights", folder.string(), fmt::format("{} or {}", kSingle, kIndex));
}

using Index = std::map<std::string, std::string>;  // tensor -> file name

Result<Index> ReadIndex(const fs::path& path) {
  UNMASK_ASSIGN(const std::string text, ReadFile(path, kIndexBytesMax));
  const std::string expected = R"({"weight_map": {"TENSOR": "FILE", ...}})";
  UNMASK_ASSIGN(const Json json, ParseJsonObject(text, path.string(), expected));
  const auto bad = [&](std::string what) {
    return DataError(std::move(what), path.string(), expected);
  };
  if (!json.contains("weight_map") || !json["weight_map"].is_object()) {
    return bad("index without a weight_map");
  }
  Index index;
  for (const auto& [name, file] : json["weight_map"].items()) {
    if (!file.is_string())
      return bad(fmt::format("the file of tensor '{}' is no name", Beginning(name)));
    const auto& base = file.get_ref<const std::string&>();
    // A name, no path: shards lie beside the index.
    if (base.find('/') != std::string::npos || !base.ends_with(".safetensors")) {
      return bad(fmt::format("'{}' is not a safetensors file of this folder", Beginning(base)));
    }
    index[name] = base;
  }
  return index;
}

Status AddFile(const fs::path& path, WeightFiles& weights) {
  UNMASK_ASSIGN(auto file, MappedFile::Open(path));
  if (file->bytes().starts_with(kLfsPointer)) {
    return DataError("a Git LFS pointer", path.string(), "the file itself: git lfs pull");
  }
  UNMASK_ASSIGN(const Safetensors parsed, ParseSafetensors(file->bytes(), path.string()));
  for (const auto& [name, view] : parsed.tensors) {
    if (!weights.tensors.emplace(name, StoredTensor{view, path.string()}).second) {
      return DataError(fmt::format("tensor '{}' is in two shards", Beginning(name)), path.string());
    }
  }
  weights.files.push_back(std::move(file));
  return {};
}

Result<WeightFiles> OpenShards(const fs::path& folder) {
  UNMASK_ASSIGN(const Index index, ReadIndex(folder / kIndex));
  std::set<std::string> names;
  for (const auto& [tensor, file] : index) names.insert(file);
  if (names.size() > kShardsMax) {
    return DataError(fmt::format("{} shards", names.size()), (folder / kIndex).string(),
                     fmt::format("at most {}", kShardsMax));
  }
  WeightFiles weights;
  for (const std::string& name : names) UNMASK_TRY(AddFile(folder / name, weights));
  for (const auto& [tensor, file] : index) {
    const auto found = weights.tensors.find(tensor);
    if (found == weights.tensors.end() || found->second.file != (folder / file).string()) {
      return DataError(fmt::format("tensor '{}' is not there", Beginning(tensor)),
                       (folder / file).string(), fmt::format("the tensors that {} names", kIndex));
    }
  }
  return weights;
}

template <typename Word, typename Convert>
std::vector<float> Convert16(std::string_view bytes, Convert convert) {
  std::vector<float> values(bytes.size() / sizeof(Word));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Word word = 0;
    std::memcpy(&word, bytes.data() + i * sizeof(Word), sizeof(Word));
    values[i] = convert(word);
  }
  return values;
}

}  // namespace

float FloatOfHalf(std::uint16_t half) {
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  float magnitude = 0;
  if (exponent == 31) {
    magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                              : std::numeric_limits<float>::quiet_NaN();
  } else if (exponent == 0) {
    magnitude = std::ldexp(static_cast<float>(fraction), -24);
  } else {
    magnitude = std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  }
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

Result<WeightFiles> OpenWeightFiles(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored)) {
    return DataError("not a folder", folder.string(), "a Hugging Face model folder");
  }
  if (fs::exists(folder / kSingle, ignored)) {
    WeightFiles weights;
    UNMASK_TRY(AddFile(folder / kSingle, weights));
    return weights;
  }
  if (fs::exists(folder / kIndex, ignored)) return OpenShards(folder);
  return NoWeights(folder);
}

bool IsWeightType(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBf16;
}

Result<std::vector<float>> FloatsOf(const StoredTensor& tensor, const std::string& name) {
  const std::string_view bytes = tensor.view.bytes;
  switch (tensor.view.dtype) {
    case DType::kF32: {
      std::vector<float> values(bytes.size() / sizeof(float));
      if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
      return values;
    }
    case DType::kF16:
      return Convert16<std::uint16_t>(bytes, FloatOfHalf);
    case DType::kBf16:
      return Convert16<std::uint16_t>(bytes, [](std::uint16_t word) {
        return std::bit_cast<float>(std::uint32_t{word} << 16);
      });
    default:
      return DataError(fmt::format("tensor '{}' has a type that weights do not have", name),
                       tensor.file, "F32, F16 or BF16");
  }
}

}  // namespace unmask
