{{- define "logweir.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "logweir.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "logweir.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "logweir.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "logweir.selectorLabels" -}}
app.kubernetes.io/name: {{ include "logweir.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "logweir.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "logweir.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "logweir.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "logweir.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* A setting that is a list, or a text with commas, as a JSON list. */}}
{{- define "logweir.list" -}}
{{- $values := list -}}
{{- if kindIs "slice" . -}}
{{- range . -}}{{- $values = append $values (. | toString | trim) -}}{{- end -}}
{{- else -}}
{{- range splitList "," (. | toString) -}}{{- $values = append $values (. | trim) -}}{{- end -}}
{{- end -}}
{{- compact $values | toJson -}}
{{- end -}}

{{/* What cannot work is told by name, before anything is installed. */}}
{{- define "logweir.check" -}}
{{- $static := eq .Values.kind "StatefulSet" -}}
{{- if not .Values.existingConfigMap -}}
{{- $kafka := .Values.config.kafka | default dict -}}
{{- $elasticsearch := .Values.config.elasticsearch | default dict -}}
{{- if not $kafka.bootstrap_servers -}}{{- fail "config.kafka.bootstrap_servers is required: host:port of the brokers" -}}{{- end -}}
{{- if not $elasticsearch.endpoints -}}{{- fail "config.elasticsearch.endpoints is required: the URLs of Elasticsearch" -}}{{- end -}}
{{- if (.Values.config.admin | default dict).listen -}}{{- fail "config.admin.listen: set admin.address and admin.port instead, which the probes use too" -}}{{- end -}}
{{- $shutdown := .Values.config.shutdown_timeout_ms | default 30000 -}}
{{- if not (kindIs "string" $shutdown) -}}
{{- if lt (mul (int .Values.terminationGracePeriodSeconds) 1000) (add (int $shutdown) 5000) -}}
{{- fail (printf "terminationGracePeriodSeconds: %d is too short: config.shutdown_timeout_ms is %d, and leaving the group takes up to 5 s more" (int .Values.terminationGracePeriodSeconds) (int $shutdown)) -}}
{{- end -}}
{{- end -}}
{{- if and $kafka.group_instance_id (not $static) -}}{{- fail "config.kafka.group_instance_id: a Deployment would give all pods the same one; choose kind: StatefulSet, which needs none" -}}{{- end -}}
{{- end -}}
{{- if .Values.autoscaling.enabled -}}
{{- if $static -}}{{- fail "autoscaling needs kind: Deployment: the partitions of a static member that is scaled away wait for its session timeout" -}}{{- end -}}
{{- if .Values.existingConfigMap -}}{{- fail "autoscaling needs config: it reads the brokers, the group and the topics from it" -}}{{- end -}}
{{- range $name, $value := dict "bootstrap_servers" .Values.config.kafka.bootstrap_servers "group_id" (.Values.config.kafka.group_id | default "") "topics" (.Values.config.kafka.topics | default "") -}}
{{- if and (contains "$" (toString $value)) (not (and (eq $name "topics") (contains "^" (toString $value)))) -}}{{- fail (printf "autoscaling: config.kafka.%s contains a variable, which KEDA does not know" $name) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* logweir.yaml. The values of `config` win over what the chart adds. */}}
{{- define "logweir.config" -}}
{{- $name := include "logweir.fullname" . -}}
{{- $config := deepCopy .Values.config -}}
{{- $admin := $config.admin | default dict -}}
{{- $hosts := fromJsonArray (include "logweir.list" ($admin.hosts | default list)) -}}
{{- if .Values.service.enabled -}}
{{- $own := printf "%s.%s" $name .Release.Namespace -}}
{{- $hosts = concat $hosts (list $name $own (printf "%s.svc" $own) (printf "%s.svc.cluster.local" $own)) | uniq -}}
{{- end -}}
{{- $_ := set $config "admin" (merge (dict "listen" (printf "%s:%d" .Values.admin.address (int .Values.admin.port)) "hosts" $hosts) $admin) -}}
{{- if eq .Values.kind "StatefulSet" -}}
{{- $_ := set $config "kafka" (merge (deepCopy $config.kafka) (dict "group_instance_id" "${POD_NAME}" "session_timeout_ms" (int .Values.staticMembership.sessionTimeoutMs))) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* The key of a file in the ConfigMap, which may hold no slash. */}}
{{- define "logweir.fileKey" -}}
{{- replace "/" "--" . -}}
{{- end -}}

{{/* What changes only by a restart: with `reload: watch` neither the files nor the list of transforms. */}}
{{- define "logweir.checksum" -}}
{{- $config := include "logweir.config" . | fromYaml -}}
{{- if eq .Values.reload "watch" -}}
{{- omit $config "transforms" | toYaml | sha256sum -}}
{{- else -}}
{{- list $config .Values.files | toYaml | sha256sum -}}
{{- end -}}
{{- end -}}
