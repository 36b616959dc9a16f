# vamp_mm in a container; the build argument DEVICE chooses the builds of torch.
#
#   docker build --tag vamp_mm .
#   docker build --tag vamp_mm:gpu --build-arg DEVICE=gpu .
#
#   docker run --rm --volume "$PWD:/work" --user "$(id -u):$(id -g)" vamp_mm quickstart
#   docker run --rm --volume "$PWD:/work" --user "$(id -u):$(id -g)" --gpus all --shm-size 2g vamp_mm:gpu train CONFIG
#
# Results, data and downloaded weights are in the folder that is mounted at /work.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim AS wheel
COPY . /source
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheel /source

FROM python:${PYTHON}-slim
# cpu or gpu: the wheels of torch on PyPI bring CUDA along, only the driver is the host's
ARG DEVICE=cpu
ARG EXTRAS=icons,demo
# MMEngine requires opencv-python, which loads these
RUN apt-get update && \
    apt-get install --yes --no-install-recommends libgl1 libglib2.0-0 && \
    rm -rf /var/lib/apt/lists/*
RUN case "$DEVICE" in \
        cpu) pip install --no-cache-dir torch torchvision --index-url https://download.pytorch.org/whl/cpu ;; \
        gpu) pip install --no-cache-dir torch torchvision ;; \
        *) echo "DEVICE=$DEVICE is not known: cpu or gpu" >&2; exit 1 ;; \
    esac
COPY --from=wheel /wheel /wheel
RUN pip install --no-cache-dir "$(ls /wheel/*.whl)[$EXTRAS]" && rm -r /wheel && vamp_mm --version

RUN useradd --create-home --uid 1000 vamp_mm && mkdir /work && chown vamp_mm /work
USER vamp_mm
WORKDIR /work
# for any --user: caches beside the results
ENV HOME=/work/.home \
    USER=vamp_mm \
    OMP_WAIT_POLICY=PASSIVE \
    PYTHONUNBUFFERED=1
# the page of vamp_mm demo (with --host 0.0.0.0)
EXPOSE 7860
ENTRYPOINT ["vamp_mm"]
CMD ["--help"]
