"""A map of VaMP's latents: posterior means of the test images in the plane, by class and by predictive entropy.

The same as ``vamp_mm latent-map``; --help lists the options.
"""

from vamp_mm.commands import run_tool

if __name__ == '__main__':
    run_tool('latent-map')
