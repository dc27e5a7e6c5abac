# syntax=docker/dockerfile:1

# The server in an image of its own: one static program, the certificates of TLS, and nothing else.
#
#   docker build --tag dingtalk-notify .
#
# compiles it here. A release compiles natively for each processor and only packs what came out:
#
#   docker build --build-arg PROGRAM=prebuilt …       takes dist/linux-amd64/dingtalk-notify or dist/linux-arm64/dingtalk-notify

ARG PROGRAM=compiled

# Alpine compiles for musl, so that what comes out is linked to nothing. The cryptography of TLS wants a C compiler.
FROM rust:1.95.0-alpine AS compiled
RUN apk add --no-cache build-base
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    cargo build --release --locked --package dingtalk-notify && cp target/release/dingtalk-notify /dingtalk-notify

FROM scratch AS prebuilt
ARG TARGETARCH
COPY --chmod=755 dist/linux-${TARGETARCH}/dingtalk-notify /dingtalk-notify

FROM ${PROGRAM} AS program

# The same on every processor: no emulation for it.
FROM --platform=$BUILDPLATFORM alpine:3 AS certificates
RUN apk add --no-cache ca-certificates
# An empty image has no directory to write to: this becomes the only one, for its user alone.
RUN mkdir -p /skeleton/var/lib && mkdir -m 700 /skeleton/var/lib/dingtalk-notify

FROM scratch
# The MCP registry knows by this that the image belongs to the server of that name.
LABEL io.modelcontextprotocol.server.name="io.github.OWNER/dingtalk-notify"
LABEL org.opencontainers.image.title="dingtalk-notify"
LABEL org.opencontainers.image.description="MCP server that sends DingTalk (钉钉) notifications"
LABEL org.opencontainers.image.licenses="MIT OR Apache-2.0"
LABEL org.opencontainers.image.source="https://github.com/OWNER/dingtalk-notify"
COPY --from=certificates /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=program /dingtalk-notify /dingtalk-notify
# Nobody: an empty image has no names of users.
COPY --from=certificates --chown=65532:65532 /skeleton/ /
USER 65532:65532
# Memory that is freed goes back to the system at once.
ENV MIMALLOC_PURGE_DELAY=0
# The state that containers share if they mount the same volume here. The rest of the image can be read-only.
ENV DINGTALK_NOTIFY_STATE_DIR=/var/lib/dingtalk-notify
VOLUME /var/lib/dingtalk-notify
# Only with `serve --http 0.0.0.0:8100`; without a command it serves stdin and stdout.
EXPOSE 8100
ENTRYPOINT ["/dingtalk-notify"]
