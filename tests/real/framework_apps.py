"""Run by the environment of frameworks: `framework_apps.py NAME PORT` serves an application whose framework makes its document."""

import sys
from wsgiref.simple_server import make_server

NAMES = [f"sample-{number}" for number in range(7)]


def django_app():
    """Django REST framework with drf-spectacular."""
    import django
    from django.conf import settings

    framework = "rest_framework"
    settings.configure(
        ALLOWED_HOSTS=["127.0.0.1"],
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", framework, "drf_spectacular"],
        REST_FRAMEWORK={
            "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
            "DEFAULT_AUTHENTICATION_CLASSES": [f"{framework}.authentication.SessionAuthentication"],
            "DEFAULT_RENDERER_CLASSES": [f"{framework}.renderers.JSONRenderer"],
        },
        ROOT_URLCONF=__name__,
        SECRET_KEY="of an application on loopback",
        SPECTACULAR_SETTINGS={"COMPONENT_SPLIT_REQUEST": True},
    )
    django.setup()
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path
    from drf_spectacular.views import SpectacularJSONAPIView
    from rest_framework import mixins, pagination, permissions, response, routers, serializers, viewsets

    class Place(serializers.Serializer):
        room = serializers.CharField(max_length=4)

    class Sample(serializers.Serializer):
        name = serializers.CharField()
        tags = serializers.ListField(child=serializers.CharField(min_length=2), required=False)
        places = Place(many=True, required=False)

    class File(serializers.Serializer):
        id = serializers.CharField()
        data = serializers.FileField()

    class Pages(pagination.PageNumberPagination):
        page_size = 3

    class Offsets(pagination.LimitOffsetPagination):
        default_limit = 3

    class Samples(mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet):
        serializer_class, pagination_class = Sample, Pages

        def get_queryset(self):
            return [{"name": name} for name in NAMES]

        def perform_create(self, serializer):
            pass

    class Listed(Samples):
        pagination_class = Offsets

    class Private(Samples):
        permission_classes = (permissions.IsAuthenticated,)

    class Files(viewsets.GenericViewSet):
        serializer_class = File
        lookup_value_regex = "[^/]+"

        def partial_update(self, request, pk):
            sent = self.get_serializer(data=request.data, partial=True)
            sent.is_valid(raise_exception=True)
            return response.Response({"id": pk, "data": sent.validated_data["data"].read().decode()})

    router = routers.DefaultRouter()
    for name, view in {"samples": Samples, "listed": Listed, "private": Private, "files": Files}.items():
        router.register(name, view, basename=name)
    global urlpatterns
    urlpatterns = [path("", include(router.urls)), path("openapi.json", SpectacularJSONAPIView.as_view())]
    return get_wsgi_application()


def flask_app():
    """flask-smorest, whose pages are described in a header."""
    from flask import Flask
    from flask_smorest import Api, Blueprint
    from marshmallow import Schema, fields, validate

    class Sample(Schema):
        name = fields.String(required=True, validate=validate.Length(max=10))

    app = Flask(__name__)
    app.config.update(API_TITLE="Samples", API_VERSION="1", OPENAPI_VERSION="3.0.3", OPENAPI_URL_PREFIX="/")
    samples = Blueprint("samples", __name__, url_prefix="/samples")

    @samples.get("/")
    @samples.response(200, Sample(many=True))
    @samples.paginate(page_size=3)
    def list_samples(pagination_parameters):
        pagination_parameters.item_count = len(NAMES)
        return [
            {"name": name} for name in NAMES[pagination_parameters.first_item : pagination_parameters.last_item + 1]
        ]

    @samples.post("/")
    @samples.arguments(Sample)
    @samples.response(201, Sample)
    def create_sample(sample):
        return sample

    Api(app).register_blueprint(samples)
    return app


if __name__ == "__main__":
    application = {"django": django_app, "flask": flask_app}[sys.argv[1]]()
    with make_server("127.0.0.1", int(sys.argv[2]), application) as server:
        server.serve_forever()
