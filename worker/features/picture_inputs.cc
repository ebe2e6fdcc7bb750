#include "worker/features/picture_inputs.h"

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <stdexcept>

namespace unmask {
namespace {

// Opens a view when it is first needed.
class Bank final : public Inputs {
 public:
  Bank(BlobTensors& tensors, std::vector<std::string> blobs)
      : tensors_(tensors), blobs_(std::move(blobs)), views_(blobs_.size()) {}

  void Copy(std::int64_t view, std::int64_t clip, std::span<float> row) const override {
    const std::string_view from = View(view).row(clip);
    UNMASK_CHECK(from.size() == row.size_bytes());
    std::memcpy(row.data(), from.data(), from.size());
  }

  const BlobTensor& View(std::int64_t view) const {
    const auto place = static_cast<std::size_t>(view + 1);
    if (place >= blobs_.size()) throw std::runtime_error(fmt::format("view {} is not there", view));
    if (views_[place].file == nullptr) {
      auto opened = tensors_.Open(blobs_[place], kFeaturesTensor, DType::kF32, 2);
      if (!opened.ok()) throw InputError(opened.error());
      views_[place] = *std::move(opened);
    }
    return views_[place];
  }

 private:
  BlobTensors& tensors_;
  std::vector<std::string> blobs_;
  mutable std::vector<BlobTensor> views_;
};

// What passes a backbone as the training asks for it, and how many pictures have.
class CountedInputs : public Inputs {
 public:
  std::shared_ptr<const std::atomic<std::int64_t>> forwarded() const { return forwarded_; }

 protected:
  void Count(std::int64_t pictures) const {
    forwarded_->fetch_add(pictures, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> forwarded_ =
      std::make_shared<std::atomic<std::int64_t>>(0);
};

// Makes a view when it is first asked for, as a feature job does; keeps the plain one and the last.
class Online final : public CountedInputs {
 public:
  Online(ClipPictures pictures, const LoadedModel& model, std::function<void()> on_pictures)
      : pictures_(std::move(pictures)), model_(model), on_pictures_(std::move(on_pictures)) {}

  void Copy(std::int64_t view, std::int64_t clip, std::span<float> row) const override {
    const FeatureRows& rows = View(view);
    UNMASK_CHECK(rows.width == row.size());
    std::copy_n(rows.values.data() + static_cast<std::size_t>(clip) * rows.width, rows.width,
                row.data());
  }

  bool Has(std::int64_t view) const override { return views_.contains(view); }

  std::int64_t Width() const { return static_cast<std::int64_t>(View(kPlainView).width); }

 private:
  const FeatureRows& View(std::int64_t view) const {
    const auto known = views_.find(view);
    if (known != views_.end()) return known->second;
    std::erase_if(views_, [](const auto& kept) { return kept.first != kPlainView; });
    return views_.emplace(view, Make(view)).first->second;
  }

  FeatureRows Make(std::int64_t view) const {
    auto rows = ExtractView(pictures_, view, *model_.backbone, [this] {
      on_pictures_();
      return true;
    });
    if (!rows.ok()) throw InputError(rows.error());
    Count(pictures_.clips());
    return **std::move(rows);  // never stopped
  }

  ClipPictures pictures_;
  const LoadedModel& model_;
  std::function<void()> on_pictures_;
  mutable std::map<std::int64_t, FeatureRows> views_;
};

class PixelRows final : public CountedInputs {
 public:
  explicit PixelRows(ClipPictures pictures) : pictures_(std::move(pictures)) {}

  void Copy(std::int64_t view, std::int64_t clip, std::span<float> row) const override {
    const Pixels pixels = pictures_.Of(view, clip);
    UNMASK_CHECK(pixels.values.size() == row.size());
    std::copy(pixels.values.begin(), pixels.values.end(), row.begin());
    Count(1);
  }

 private:
  ClipPictures pictures_;
};

}  // namespace

Result<PictureInputs> BankInputs(BlobTensors& tensors, const std::vector<std::string>& blobs,
                                 std::int64_t clips) {
  if (blobs.empty()) return DataError("a lease without the plain view", "inputs");
  UNMASK_ASSIGN(const BlobTensor plain,
                tensors.Open(blobs.front(), kFeaturesTensor, DType::kF32, 2));
  if (plain.rows() != clips) {
    return DataError("the view is not of the data set's pictures", blobs.front());
  }
  return PictureInputs{std::make_shared<Bank>(tensors, blobs), plain.shape[1], nullptr};
}

Result<PictureInputs> OnlineInputs(const JobSpec& spec, BlobTensor crops,
                                   std::vector<std::string> samples, const LoadedModel& model,
                                   std::function<void()> on_pictures) {
  auto online = std::make_shared<Online>(
      ClipPictures(spec, std::move(crops), std::move(samples), model.preprocessing), model,
      std::move(on_pictures));
  return PictureInputs{online, online->Width(), online->forwarded()};
}

PictureInputs PixelInputs(const JobSpec& spec, BlobTensor crops, std::vector<std::string> samples,
                          const Preprocessing& preprocessing) {
  const Size size = OutputSize(preprocessing).value();
  auto rows = std::make_shared<PixelRows>(
      ClipPictures(spec, std::move(crops), std::move(samples), preprocessing));
  return {rows, std::int64_t{3} * size.height * size.width, rows->forwarded()};
}

}  // namespace unmask
