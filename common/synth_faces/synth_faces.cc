#include "common/synth_faces/synth_faces.h"

#include <fmt/format.h>
#include <png.h>

#include <fstream>
#include <new>
#include <set>

#include "common/synth_faces/face.h"

namespace unmask {
namespace {

std::string PngOf(const std::vector<std::uint8_t>& rgb, int side) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(side);
  image.height = static_cast<png_uint_32>(side);
  image.format = PNG_FORMAT_RGB;
  image.flags = PNG_IMAGE_FLAG_FAST;
  std::string bytes(rgb.size() * 2 + 1024, '\0');
  png_alloc_size_t size = bytes.size();
  if (png_image_write_to_memory(&image, bytes.data(), &size, 0, rgb.data(), 0, nullptr) == 0) {
    throw std::bad_alloc();  // nothing else can go wrong with it
  }
  bytes.resize(size);
  return bytes;
}

// Not durably: a picture can be drawn again, and the manifest is written after all of them.
Status WritePicture(const fs::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (out) return {};
  return DataError("cannot write", path.string(), "a folder with room for the pictures");
}

}  // namespace

std::string SynthPicture(const SynthOptions& options, const ManifestClip& clip,
                         std::int64_t frame) {
  const auto seed = static_cast<std::int64_t>(options.seed);
  UnitStrengths units;
  for (const UnitIntensity& unit : SynthIntensities(options, clip, frame)) {
    units.Set(unit.unit, unit.intensity);
  }
  const Canvas canvas =
      DrawFace(DrawIdentity(seed, clip.subject), DrawPose(seed, clip.subject, clip.sample), units,
               kSynthPictureSide);
  return PngOf(canvas.Rgb(), kSynthPictureSide);
}

std::set<std::int64_t> DrawnFrames(const ManifestClip& clip) {
  return {*clip.onset, *clip.apex, *clip.offset};
}

Result<std::vector<ManifestClip>> WriteSynthFaces(const SynthOptions& options,
                                                  const fs::path& folder) {
  std::vector<ManifestClip> clips = SynthesizeClips(options);
  for (ManifestClip& clip : clips) {
    clip.frames = clip.subject + "/" + clip.sample;
    UNMASK_TRY(MakeFolders(folder / clip.frames));
    for (const std::int64_t frame : DrawnFrames(clip)) {
      UNMASK_TRY(WritePicture(folder / clip.frames / fmt::format("img{:05}.png", frame),
                              SynthPicture(options, clip, frame)));
    }
  }
  UNMASK_TRY(WriteFileDurably(folder / "manifest.csv", ManifestCsv(clips)));
  return clips;
}

}  // namespace unmask
