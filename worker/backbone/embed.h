// `unmask embed`: features of images into a safetensors file.
#pragma once

#include "worker/backbone/backbone.h"

namespace unmask {

// Tensor `features` [images, width] float32, in the order given. The images are spread over
// `threads` threads; the bits do not depend on how many. All images that cannot be read are
// reported.
Result<std::string> EmbedImages(const Backbone& backbone, const Preprocessing& preprocessing,
                                const std::vector<fs::path>& images, unsigned threads);

// The file's bytes for rows of equal width, at least one.
std::string FeatureFile(const std::vector<std::vector<float>>& features);

}  // namespace unmask
