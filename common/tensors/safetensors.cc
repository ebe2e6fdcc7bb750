#include "common/tensors/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "common/base/parse_json.h"
#include "common/base/text.h"

namespace unmask {
namespace {

using Json = nlohmann::json;

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t kLengthBytes = 8;
constexpr std::uint64_t kHeaderBytesMax = 100'000'000;
constexpr std::size_t kDepthMax = 3;  // header, tensor, shape
constexpr std::size_t kDimensionsMax = 8;
constexpr std::string_view kMetadata = "__metadata__";

struct DTypeRow {
  DType dtype;
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array<DTypeRow, 13> kDTypes = {{{DType::kBool, "BOOL", 1},
                                               {DType::kU8, "U8", 1},
                                               {DType::kI8, "I8", 1},
                                               {DType::kI16, "I16", 2},
                                               {DType::kU16, "U16", 2},
                                               {DType::kF16, "F16", 2},
                                               {DType::kBf16, "BF16", 2},
                                               {DType::kI32, "I32", 4},
                                               {DType::kU32, "U32", 4},
                                               {DType::kF32, "F32", 4},
                                               {DType::kF64, "F64", 8},
                                               {DType::kI64, "I64", 8},
                                               {DType::kU64, "U64", 8}}};

const DTypeRow& RowOf(DType dtype) {
  return *std::find_if(kDTypes.begin(), kDTypes.end(),
                       [&](const DTypeRow& row) { return row.dtype == dtype; });
}

Error Malformed(std::string what, const std::string& where) {
  return DataError(std::move(what), where, "a safetensors file");
}

std::optional<std::uint64_t> Natural(const Json& json) {
  if (!json.is_number_unsigned()) return std::nullopt;
  return json.get<std::uint64_t>();
}

// Shape and its number of elements; nullopt where it is no shape or overflows.
std::optional<std::uint64_t> ReadShape(const Json& json, std::vector<std::int64_t>& shape) {
  if (!json.is_array() || json.size() > kDimensionsMax) return std::nullopt;
  std::uint64_t elements = 1;
  for (const Json& item : json) {
    const auto extent = Natural(item);
    if (!extent || *extent > (std::uint64_t{1} << 40)) return std::nullopt;
    if (__builtin_mul_overflow(elements, *extent, &elements)) return std::nullopt;
    shape.push_back(static_cast<std::int64_t>(*extent));
  }
  return elements;
}

Result<TensorView> ReadTensor(const std::string& name, const Json& json, std::string_view data,
                              const std::string& where) {
  const auto bad = [&](std::string_view what) {
    return Malformed(fmt::format("tensor '{}': {}", Beginning(name), what), where);
  };
  if (!json.is_object() || !json.contains("dtype") || !json.contains("shape") ||
      !json.contains("data_offsets")) {
    return bad("no dtype, shape or data_offsets");
  }
  const auto row = std::find_if(kDTypes.begin(), kDTypes.end(), [&](const DTypeRow& candidate) {
    return json["dtype"] == candidate.name;
  });
  if (row == kDTypes.end()) return bad("unknown dtype");
  TensorView tensor{row->dtype, {}, {}};
  const auto elements = ReadShape(json["shape"], tensor.shape);
  if (!elements) return bad("bad shape");
  const Json& offsets = json["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2) return bad("bad data_offsets");
  const auto begin = Natural(offsets[0]);
  const auto end = Natural(offsets[1]);
  std::uint64_t bytes = 0;
  if (!begin || !end || *begin > *end || *end > data.size() ||
      __builtin_mul_overflow(*elements, row->bytes, &bytes) || *end - *begin != bytes) {
    return bad("data_offsets do not fit the shape and the file");
  }
  tensor.bytes = data.substr(*begin, bytes);
  return tensor;
}

// Whether the tensors cover the data exactly once.
bool CoversData(const Safetensors& file, std::string_view data) {
  std::vector<std::string_view> parts;
  for (const auto& [name, tensor] : file.tensors) {
    if (!tensor.bytes.empty()) parts.push_back(tensor.bytes);
  }
  std::sort(parts.begin(), parts.end(), [](auto a, auto b) { return a.data() < b.data(); });
  const char* at = data.data();
  for (const std::string_view part : parts) {
    if (part.data() != at) return false;
    at += part.size();
  }
  return at == data.data() + data.size();
}

Json HeaderOf(const Safetensors& file) {
  Json header = Json::object();
  if (!file.metadata.empty()) header[kMetadata] = file.metadata;
  std::size_t at = 0;
  for (const auto& [name, tensor] : file.tensors) {
    const std::size_t end = at + tensor.bytes.size();
    header[name] = {
        {"dtype", RowOf(tensor.dtype).name}, {"shape", tensor.shape}, {"data_offsets", {at, end}}};
    at = end;
  }
  return header;
}

}  // namespace

std::size_t BytesOf(DType dtype) { return RowOf(dtype).bytes; }

Result<Safetensors> ParseSafetensors(std::string_view bytes, const std::string& where) {
  std::uint64_t length = 0;
  if (bytes.size() < kLengthBytes) return Malformed("file is cut", where);
  std::memcpy(&length, bytes.data(), kLengthBytes);
  if (length > kHeaderBytesMax || length > bytes.size() - kLengthBytes) {
    return Malformed(fmt::format("header of {} bytes", length), where);
  }
  const std::string_view data = bytes.substr(kLengthBytes + length);
  UNMASK_ASSIGN(const Json header,
                ParseJsonObject(bytes.substr(kLengthBytes, length), where, "a safetensors file",
                                {.what = "a JSON header", .depth = kDepthMax, .keys_once = true}));
  Safetensors file;
  for (const auto& [name, value] : header.items()) {
    if (name == kMetadata) {
      if (!value.is_object()) return Malformed("bad metadata", where);
      for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) return Malformed("bad metadata", where);
        file.metadata[key] = text;
      }
      continue;
    }
    UNMASK_ASSIGN(file.tensors[name], ReadTensor(name, value, data, where));
  }
  if (!CoversData(file, data)) return Malformed("tensors overlap or leave gaps", where);
  return file;
}

std::string WriteSafetensors(const Safetensors& file) {
  std::string header = HeaderOf(file).dump();
  header.resize((header.size() + 7) / 8 * 8, ' ');  // the data starts aligned, as the format asks
  const std::uint64_t length = header.size();
  std::string bytes(kLengthBytes, '\0');
  std::memcpy(bytes.data(), &length, kLengthBytes);
  bytes += header;
  for (const auto& [name, tensor] : file.tensors) bytes += tensor.bytes;
  return bytes;
}

}  // namespace unmask
