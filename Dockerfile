# docker build -t logweir .
# docker run -e KAFKA_BOOTSTRAP_SERVERS=... -e ELASTICSEARCH_ENDPOINTS=... -p 127.0.0.1:8686:8686 logweir
# deploy/check-image.sh builds and checks it on a machine without a container engine.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
# On its own, so that only a change of the packages repeats what takes minutes.
COPY deploy/build-kafka-client.sh deploy/build-reader.sh deploy/
RUN deploy/build-kafka-client.sh
COPY native native
RUN deploy/build-reader.sh
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY transforms transforms
RUN npm run build
# What runs, and nothing else. Of the Kafka client that is lib/, the library that node loads, and librdkafka where it
# is a file of its own; gone are its sources, headers and object files (200 MB), and the packages that build it. Of types there
# are those that `logweir new` puts into the user's folder.
RUN npm prune --omit=dev --ignore-scripts \
  && cd node_modules \
  && find @confluentinc/kafka-javascript -mindepth 1 \( -type f -o -type l \) \
    ! -path '*/kafka-javascript/lib/*' ! -path '*/build/Release/*.node' ! -path '*/build/*/lib*.so*' \
    ! -name package.json ! -name librdkafka.js ! -name 'LICENSE*' -delete \
  && rm -rf @confluentinc/kafka-javascript/deps @confluentinc/kafka-javascript/build/Release/obj.target @mapbox nan tar .bin \
  && find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) \
    ! -path './zod/*.d.cts' ! -path './@types/node/*' ! -path './undici-types/*' -delete \
  && find . -type d -empty -delete

FROM node:24-bookworm-slim
# The libraries that librdkafka is linked to; npm and its like have no part in what runs.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates libcurl4 liblz4-1 libsasl2-2 libssl3 libzstd1 zlib1g \
  && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /opt/yarn-* \
    /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg \
  && mkdir -p /etc/logweir/transforms \
  && ln -s /usr/src/logweir/bin/logweir /usr/local/bin/logweir
WORKDIR /usr/src/logweir
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=build /build/native/reader.node native/
COPY bin bin
COPY package.json LICENSE* ./
COPY deploy/logweir.yaml /etc/logweir/logweir.yaml
# Fails the build if a library is missing.
RUN node -e 'require("@confluentinc/kafka-javascript"); require("./native/reader.node")'
# The compiled modules, for a faster start (src/main.ts): by path, user id and options of node, so in place, as that user, and
# with the commands that are used. There is no such configuration: they exit (78) as soon as the modules are loaded.
RUN mkdir -p dist/.cache/compile && chown 1000:1000 dist/.cache/compile \
  && for command in "bin/logweir run" "node dist/src/main.js health"; do \
    setpriv --reuid=1000 --regid=1000 --clear-groups $command -c /nonexistent 2>/dev/null || [ $? = 78 ] || exit 1; \
  done \
  && chown -R root:root dist/.cache && chmod -R a+rX dist/.cache

ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="logweir" \
  org.opencontainers.image.description="A log aggregator between Kafka and Elasticsearch that commits only what is settled." \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
ENV NODE_ENV=production
# ./logweir.yaml is the configuration then, the image's own or that of a folder which is mounted here: `logweir transform` and
# `logweir new` are about the same files as `run`. In another folder (`-w`) it is the one of that folder.
WORKDIR /etc/logweir
# By number, so that Kubernetes can see that it is not root. Nothing is written: the root file system may be read-only.
USER 1000:1000
EXPOSE 8686
STOPSIGNAL SIGTERM
# Alive, not ready: an Elasticsearch outage is no reason to restart. It asks where the configuration in effect says.
HEALTHCHECK --interval=15s --timeout=10s --start-period=30s --retries=3 \
  CMD ["node", "/usr/src/logweir/dist/src/main.js", "health"]
ENTRYPOINT ["/usr/src/logweir/bin/logweir"]
CMD ["run"]
