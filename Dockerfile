# The image: the binary, its settings, the licences, and the few files any Linux program needs.
#
#   docker build --build-arg VITALS_COMMIT="$(git rev-parse --short=7 HEAD)" --tag vitals .

FROM rust:1.95-slim-bookworm AS builder
WORKDIR /src
COPY . .
# .git is not in the context, so build/commit.rs has to be told.
ARG VITALS_COMMIT
# What is downloaded and compiled lives in cache mounts, not in a layer of stub sources: no crate is
# named here, so a new one breaks nothing. Our own sources are touched, since Cargo compares times,
# and a checkout older than the cache would pass for built already.
RUN --mount=type=cache,id=vitals-registry,sharing=locked,target=/usr/local/cargo/registry \
    --mount=type=cache,id=vitals-target,sharing=locked,target=/src/target \
    set -eu; \
    find . -path ./target -prune -o -name '*.rs' -exec touch {} +; \
    cargo build --release --locked --package vitals; \
    mkdir -p /image/data /image/licences; \
    cp target/release/vitals /image/; \
    # The licences of what is linked in ask to be passed on with the binary.
    cp LICENSE /image/licences/; \
    cp "$(rustc --print sysroot)/share/doc/rust/COPYRIGHT-library.html" /image/licences/rust.html; \
    cargo tree --locked --package vitals --edges normal --prefix none --format '{p}' >/tmp/linked; \
    grep -v '(/' /tmp/linked | sed 's/^\([^ ]*\) v\([^ ]*\).*/\1-\2/' | sort -u | while read -r crate; do \
        find "$CARGO_HOME/registry/src/"*"/$crate" -maxdepth 1 -type f \
            \( -iname 'licen[cs]e*' -o -iname 'copying*' -o -iname 'copyright*' -o -iname 'notice*' \) \
            -exec install -D -m 644 -t "/image/licences/$crate" {} +; \
    done

# glibc, libgcc, CA certificates and time zones; no shell, no package manager. Nothing is run in
# this stage, as there is nothing to run it with.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=builder /image/vitals /usr/local/bin/vitals
COPY --from=builder /image/licences /usr/share/licenses/vitals
COPY config /etc/vitals
# Owned by the user below: a volume made here takes owner and rights from it.
COPY --from=builder --chown=65532:65532 /image/data /data

ENV VITALS_CONFIG=/etc/vitals/vitals.toml \
    VITALS__SERVER__ADDRESS=0.0.0.0:9090 \
    VITALS__SERVER__DATA=/data
# By number, so that Kubernetes can tell that it is not root.
USER 65532:65532
WORKDIR /data
VOLUME /data
EXPOSE 9090
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["vitals", "healthcheck"]
ENTRYPOINT ["vitals"]
CMD ["serve"]

# Last: it changes with every commit.
ARG VITALS_COMMIT
LABEL org.opencontainers.image.title="Vitals" \
      org.opencontainers.image.description="A monitor for InterSystems IRIS / HL7 integration stacks" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${VITALS_COMMIT}"
