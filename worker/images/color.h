// Changes of colour that give the bits of Pillow's ImageEnhance, and of torchvision's ColorJitter
// on Pillow's pictures (torchvision/transforms/_functional_pil.py).
#pragma once

#include "worker/images/image.h"

namespace unmask {

// A factor of 1 changes nothing; 0 is black, the even grey of the picture's mean, or grey.
void AdjustBrightness(Image& image, float factor);
void AdjustContrast(Image& image, float factor);
void AdjustSaturation(Image& image, float factor);

// Turns the hue by `turns` of the colour circle, -0.5 to 0.5, through HSV of eight bits.
void AdjustHue(Image& image, double turns);

}  // namespace unmask
