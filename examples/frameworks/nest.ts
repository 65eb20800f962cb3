/** NestJS on Express: main.ts and a controller. */
import { Controller, Get, Module, Session } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import session from "websession";

@Controller()
class Views {
  @Get()
  views(@Session() session: { views?: number }): string {
    return `${session.views = (session.views ?? 0) + 1} views`;
  }
}
@Module({ controllers: [Views] })
class App {}

export const app = await NestFactory.create(App, { logger: false });
app.use(session({ secret: process.env["SECRET"]!, resave: false, saveUninitialized: false }));
