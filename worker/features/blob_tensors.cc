#include "worker/features/blob_tensors.h"

#include <fmt/format.h>

#include "common/base/sha256.h"

namespace unmask {

Result<BlobTensor> BlobTensors::Open(const std::string& sha256, const std::string& name,
                                     DType dtype, std::size_t dimensions) {
  UNMASK_ASSIGN(const OpenBlob* blob, Map(sha256));
  const auto found = blob->content.tensors.find(name);
  const bool fits = found != blob->content.tensors.end() && found->second.dtype == dtype &&
                    found->second.shape.size() == dimensions && found->second.shape.front() > 0;
  if (!fits) {
    return DataError(fmt::format("no tensor '{}' as it should be", name),
                     blobs_.PathOf(sha256).string(), "a blob that a feature job made");
  }
  return BlobTensor{blob->file, found->second.shape, found->second.bytes};
}

Result<bool> BlobTensors::Has(const std::string& sha256, const std::string& name) {
  UNMASK_ASSIGN(const OpenBlob* blob, Map(sha256));
  return blob->content.tensors.contains(name);
}

Result<const BlobTensors::OpenBlob*> BlobTensors::Map(const std::string& sha256) {
  {
    const std::lock_guard lock(mutex_);
    const auto known = open_.find(sha256);
    if (known != open_.end()) return &known->second;
  }
  UNMASK_ASSIGN(OpenBlob blob, Read(sha256));
  const std::lock_guard lock(mutex_);
  return &open_.emplace(sha256, std::move(blob)).first->second;
}

Result<BlobTensors::OpenBlob> BlobTensors::Read(const std::string& sha256) const {
  const fs::path path = blobs_.PathOf(sha256);
  if (!IsSha256Hex(sha256)) return DataError("a blob's name is no SHA-256", sha256);
  UNMASK_ASSIGN(const auto file, MappedFile::Open(path));
  if (Sha256Hex(file->bytes()) != sha256) {
    return DataError("damaged blob", path.string(),
                     "content of its SHA-256; remove it, and the next run makes it again");
  }
  UNMASK_ASSIGN(Safetensors content, ParseSafetensors(file->bytes(), path.string()));
  return OpenBlob{file, std::move(content)};
}

std::string BlobTensorBytes(const std::string& name, DType dtype, std::vector<std::int64_t> shape,
                            std::string_view bytes) {
  Safetensors file;
  file.tensors[name] = {dtype, std::move(shape), bytes};
  return WriteSafetensors(file);
}

}  // namespace unmask
