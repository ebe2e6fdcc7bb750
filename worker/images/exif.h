// How a camera was held: phones store pictures as the sensor saw them, with a note.
#pragma once

#include "worker/images/image.h"

namespace unmask {

// The orientation, 1 to 8 (EXIF 2.3, tag 0x0112), that a JPEG's first EXIF segment states; 1
// (upright) where there is none, it is broken, or the bytes are no JPEG. Never an error.
int ExifOrientation(std::string_view bytes);

// The picture as it was seen: flipped and turned as `orientation` says.
Image Upright(Image image, int orientation);

}  // namespace unmask
