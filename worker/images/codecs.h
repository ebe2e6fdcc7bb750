// The decoders behind DecodeImage, one a format. Each checks what the header states with CheckSize
// before it decodes.
#pragma once

#include "worker/images/image.h"

namespace unmask {

Error BadImage(std::string_view what, const std::string& where);

// Width and height of a picture that may be decoded.
Status CheckSize(std::int64_t width, std::int64_t height, const std::string& where);

Result<Image> DecodeJpeg(std::string_view bytes, const std::string& where);
Result<Image> DecodePng(std::string_view bytes, const std::string& where, Transparency);
Result<Image> DecodeWebp(std::string_view bytes, const std::string& where, Transparency);
Result<Image> DecodeBmp(std::string_view bytes, const std::string& where);

// RGB of RGBA, with the bits of Pillow's alpha_composite on opaque white.
std::vector<std::uint8_t> LaidOnWhite(const std::vector<std::uint8_t>& rgba);

}  // namespace unmask
