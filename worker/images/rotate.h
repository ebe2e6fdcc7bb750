// Mirrored and turned pictures, in whole numbers: the same bits on every machine.
#pragma once

#include "worker/images/image.h"

namespace unmask {

// Left and right exchanged.
Image Mirror(const Image& image);

// Turned counter-clockwise about the middle by -45 to 45 degrees, bilinear, the size kept. What
// comes from outside repeats the nearest pixel of the border. Within a level of Pillow's rotate
// where nothing comes from outside.
Image Rotate(const Image& image, double degrees);

}  // namespace unmask
