// Pictures of synthetic clips: a drawn face that does what the clip's action units say. A picture
// is a function of (seed, clip, frame); the same bytes on every machine.
#pragma once

#include <cstdint>
#include <set>

#include "common/data/synth.h"

namespace unmask {

inline constexpr int kSynthPictureSide = 128;  // pixels

// `clip` is a row of SynthesizeClips(options). A PNG file; about a millisecond.
std::string SynthPicture(const SynthOptions& options, const ManifestClip& clip, std::int64_t frame);

// The frames that have pictures: onset, apex and offset, which may be one.
std::set<std::int64_t> DrawnFrames(const ManifestClip& clip);

// As MFED has it: DIR/SUBJECT/SAMPLE/img00123.png, one for each of DrawnFrames, and
// DIR/manifest.csv, whose column `frames` names the folders. Returns the manifest's rows.
Result<std::vector<ManifestClip>> WriteSynthFaces(const SynthOptions& options,
                                                  const fs::path& folder);

}  // namespace unmask
